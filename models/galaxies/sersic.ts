/** Side of a stamp, in pixels. */
export const stampPixels = 32;
/** Sub-pixels along a pixel. */
export const oversampling = 2;
/** Side of the grid that light is drawn on, in sub-pixels: the stamp and 8 pixels around it, whose light the seeing spreads. */
export const gridSide = 96;

/** The shape of one component of a galaxy; lengths in pixels, angles in radians. */
export interface SersicShape {
  /** Half-light radius. */
  readonly radius: number;
  /** Sersic index: 1 for a disc, 4 for an elliptical. */
  readonly index: number;
  /** Minor over major axis. */
  readonly axisRatio: number;
  readonly positionAngle: number;
  /** Offset of the centre from that of the stamp. */
  readonly dx: number;
  readonly dy: number;
}

/** Softens the cusp at the centre, in square pixels, where one sub-pixel could not resolve it. */
const softening = 0.05;

/**
 * The share of a component's light in each sub-pixel of the grid, row by row, sum 1 (Sersic 1968; the approximation of b_n is
 * that of Ciotti & Bertin 1999).
 */
export function sersicProfile(shape: SersicShape, into: Float64Array): void {
  const { radius, index, axisRatio, positionAngle, dx, dy } = shape;
  const b = 2 * index - 1 / 3 + 0.009876 / index;
  const cos = Math.cos(positionAngle);
  const sin = Math.sin(positionAngle);
  const exponent = 0.5 / index;
  const centre = (gridSide - 1) / 2;
  let sum = 0;
  let at = 0;
  for (let row = 0; row < gridSide; row++) {
    const y = (row - centre) / oversampling - dy;
    for (let column = 0; column < gridSide; column++) {
      const x = (column - centre) / oversampling - dx;
      const major = cos * x + sin * y;
      const minor = cos * y - sin * x;
      const squared = (major * major * axisRatio + (minor * minor) / axisRatio + softening) / (radius * radius);
      const root = index === 1 ? Math.sqrt(squared) : squared ** exponent;
      const light = Math.exp(-b * (root - 1));
      into[at++] = light;
      sum += light;
    }
  }
  for (let i = 0; i < into.length; i++) into[i] /= sum;
}
