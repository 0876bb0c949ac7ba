import { gridSide, oversampling, stampPixels } from './sersic.js';

/** Reach of the seeing in sub-pixels: as far as the grid goes beyond the stamp, more than 3.6 sigma in the worst band. */
const reach = (gridSide - stampPixels * oversampling) / 2;
const taps = 2 * reach + oversampling;
const halfTaps = taps / 2;
/** Places from a sub-pixel to the one below it. */
const rowStep = gridSide;

/** Full width at half maximum of a Gaussian of standard deviation 1. */
const fwhmPerSigma = 2.355;

/** Blurs light on the sub-pixel grid as a Gaussian point spread function does, and counts it in the pixels of the stamp. */
export class Seeing {
  readonly #sigma: number;
  /**
   * Share of a sub-pixel's light that a pixel gets along one axis, by the place of the sub-pixel from `reach` before it. It is
   * the same from both ends, so half of it is enough to multiply with.
   */
  readonly #kernel: Float64Array;

  /** @param fwhmPixels full width at half maximum of the point spread function, in pixels. */
  constructor(fwhmPixels: number) {
    this.#sigma = (fwhmPixels / fwhmPerSigma) * oversampling;
    this.#kernel = this.#pixelKernel();
  }

  /** The stamp, row by row, of light on the grid; both axes are blurred in turn, as a Gaussian allows. */
  image(light: Float64Array, stamp: Float64Array): void {
    const kernel = this.#kernel;
    const rows = new Float64Array(stampPixels * gridSide);
    for (let pixel = 0; pixel < stampPixels; pixel++)
      for (let column = 0; column < gridSide; column++) {
        let near = pixel * oversampling * rowStep + column;
        let far = near + (taps - 1) * rowStep;
        let sum = 0;
        for (let tap = 0; tap < halfTaps; tap++) {
          sum += kernel[tap] * (light[near] + light[far]);
          near += rowStep;
          far -= rowStep;
        }
        rows[pixel * gridSide + column] = sum;
      }
    for (let row = 0; row < stampPixels; row++)
      for (let pixel = 0; pixel < stampPixels; pixel++) {
        const near = row * gridSide + pixel * oversampling;
        const far = near + taps - 1;
        let sum = 0;
        for (let tap = 0; tap < halfTaps; tap++) sum += kernel[tap] * (rows[near + tap] + rows[far - tap]);
        stamp[row * stampPixels + pixel] = sum;
      }
  }

  /** Adds a point source at (x, y) pixels from the centre of the stamp. */
  addPointSource(flux: number, x: number, y: number, stamp: Float64Array): void {
    const across = this.#pointProfile(x);
    const down = this.#pointProfile(y);
    for (let row = 0; row < stampPixels; row++)
      for (let column = 0; column < stampPixels; column++)
        stamp[row * stampPixels + column] += flux * down[row] * across[column];
  }

  #pixelKernel(): Float64Array {
    const gaussian = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => this.#gaussian(i - reach));
    const sum = gaussian.reduce((total, share) => total + share, 0);
    const kernel = new Float64Array(taps);
    for (let part = 0; part < oversampling; part++)
      for (let i = 0; i < gaussian.length; i++) kernel[i + part] += gaussian[i] / sum;
    return kernel;
  }

  /** Share of a point source's light that each pixel gets along one axis. */
  #pointProfile(place: number): Float64Array {
    const centre = (stampPixels * oversampling - 1) / 2 + place * oversampling;
    return Float64Array.from({ length: stampPixels }, (_, pixel) => {
      let share = 0;
      for (let part = 0; part < oversampling; part++) share += this.#gaussian(pixel * oversampling + part - centre);
      return share;
    });
  }

  /** Light per sub-pixel, `distance` sub-pixels from a point source, along one axis. */
  #gaussian(distance: number): number {
    return Math.exp(-0.5 * (distance / this.#sigma) ** 2) / (this.#sigma * Math.sqrt(2 * Math.PI));
  }
}
