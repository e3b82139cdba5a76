import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensureFakeTimeLibrary, fakeTimeEnvironment, fakeTimeOffset } from '../support/faketime.ts';
import type { LabHost } from './lab-host.ts';

const library = 'usr/lib/lab/libfaketime.so.1';
// Gone with the next boot, and the clock is right again.
const offsetFile = '/run/lab-clock';

/**
 * Lays over the hosts' root what lets the clock of each be set: for its services and for login shells, except etcd, which
 * asks the kernel itself, and for no process that runs already without it.
 *
 * @param root the hosts' root file system, which is left as it is
 */
export async function makeClockLayer(folder: string, root: string): Promise<void> {
  const found = await ensureFakeTimeLibrary();
  if (found === undefined)
    throw new Error("The clocks of the lab need Debian's libfaketime, and there is no apt here.");
  const settings = Object.entries(fakeTimeEnvironment(`/${library}`, offsetFile));
  const exports = settings.map(([name, value]) => `export ${name}=${value}\n`).join('');
  // OpenRC empties the environment of its services, and then reads this file.
  const ofServices = `${await readFile(join(root, 'etc/rc.conf'), 'utf8')}\n${exports}`;
  for (const path of [library, 'etc/rc.conf', 'etc/profile.d/lab-clock.sh'])
    await mkdir(dirname(join(folder, path)), { recursive: true });
  await copyFile(found, join(folder, library));
  await chmod(join(folder, library), 0o755);
  await writeFile(join(folder, 'etc/rc.conf'), ofServices);
  await writeFile(join(folder, 'etc/profile.d/lab-clock.sh'), exports);
}

/** Moves the clock of a host in a lab with clocks, until it boots again or is set again; 0 seconds: it is right. */
export async function setClock(host: Pick<LabHost, 'must'>, seconds: number): Promise<void> {
  const input = fakeTimeOffset(seconds);
  await host.must(`cat > ${offsetFile}.new && mv -f ${offsetFile}.new ${offsetFile}`, { input });
}
