import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** The command by which a desktop opens an address. */
const openers: Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
  linux: ['xdg-open'],
};

/** Opens an address in the person's browser; false where there is nothing that could. */
export async function openBrowser(url: string, platform = process.platform): Promise<boolean> {
  const [command, ...args] = openers[platform] ?? [];
  if (command === undefined) return false;
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  child.unref();
  try {
    await once(child, 'spawn');
    return true;
  } catch {
    return false;
  }
}
