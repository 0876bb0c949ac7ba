import { access, constants } from 'node:fs/promises';
import { type Browser, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Nothing that would ask the network for anything but the page. */
const quiet = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the machine's Chromium; `MUSTER_CHROMIUM` names another one. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: await findChromium(), args: quiet });
}

async function findChromium(): Promise<string> {
  const candidates = process.env.MUSTER_CHROMIUM ? [process.env.MUSTER_CHROMIUM] : places;
  for (const path of candidates) {
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return path;
  }
  throw new Error(
    `no Chromium at ${candidates.join(', ')}: install it (Debian: apt-get install chromium) or name it by MUSTER_CHROMIUM`,
  );
}
