// npm run lab: three boards to play with.
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cannotRun } from '../test/lab/cannot-run.ts';
import { type Lab, openLab } from '../test/lab/lab.ts';
import { hostsFile } from '../test/lab/names.ts';
import { packages } from '../test/lab/root-file-system.ts';
import { cacheFolder } from '../test/support/debian-packages.ts';
import { openPrograms } from './programs.ts';
import { play } from './session.ts';

const usage = `Usage: npm run lab

Three boards and a coordinator on this machine, and a prompt to play with them. Lines on standard input serve as a script:
printf 'tour\\nquit\\n' | npm run lab
The exit status is 1 if a command of a script failed.`;

function about(folder: string): string {
  const [boards, clocks] = [cacheFolder('lab', process.env), cacheFolder('faketime', process.env)];
  return `Three boards with OpenRC, etcd and Node.js, and a coordinator, on this machine.
  needs     Linux and root; unshare, nsenter, ip, mkfs.ext4; for the first run also apt and a network
  installs  nothing on this machine. The first run unpacks Debian packages, with the packages that they need:
            ${packages.join(', ')} in ${boards} (240 MB);
            faketime, libfaketime in ${clocks}
  uses      ${folder} (at most 4 GB, if you fill the disks); no packet leaves the lab's network
  leaves    only these two caches and what npm and pnpm keep; you can remove them
`;
}

const say = (text: string): void => console.log(text);
const complain = (text: string): void => console.error(`✗ ${text}`);

const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

async function main(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    const asked = args.length === 1 && args[0] === '--help';
    (asked ? console.log : console.error)(usage);
    return asked ? 0 : 64;
  }
  if (cannotRun !== undefined) {
    console.error(`error: The lab cannot run here: ${cannotRun}.`);
    if (process.platform === 'linux' && process.getuid?.() !== 0) console.error('Run it as root: sudo npm run lab');
    return 1;
  }
  const stopping = new AbortController();
  const programs = openPrograms();
  let status = 0;
  const stop = (number: number) => {
    if (stopping.signal.aborted) return;
    status = 128 + number;
    stopping.abort();
  };
  for (const [name, number] of Object.entries(signals)) {
    process.on(name, () => {
      // Ctrl-C is meant for the program that has the terminal.
      if (name !== 'SIGINT' || !programs.running) stop(number);
    });
  }
  // Nobody reads any more.
  process.stdout.on('error', () => stop(13));

  const folder = await mkdtemp(join(tmpdir(), 'picket-lab-'));
  try {
    say(about(folder));
    const failed = await inLab(folder, async (lab) => {
      if (stopping.signal.aborted) return 0;
      const files = join(folder, 'files');
      await mkdir(files);
      await copyFile(hostsFile, join(files, 'hosts.csv'));
      say('Three boards have booted. Type tour to be guided, help for the list of commands, quit to end the lab.\n');
      const interrupt = () => stop(signals.SIGINT);
      return play({ lab, programs, folder: files, signal: stopping.signal, interrupt, say, complain });
    });
    if (failed > 0 && !process.stdin.isTTY && !stopping.signal.aborted) status = 1;
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    if (!stopping.signal.aborted) status = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  say('Nothing is left: no process, no mount, no file.');
  return status;
}

/** Boots the boards, and closes the lab whatever comes of `work`. */
async function inLab<Result>(folder: string, work: (lab: Lab) => Promise<Result>): Promise<Result> {
  const lab = await openLab({ folder, blank: true, clocks: true });
  try {
    await Promise.all(lab.hosts.map((host) => host.boot()));
    return await work(lab);
  } finally {
    say('\nEnding the lab …');
    await lab.close();
  }
}

process.exitCode = await main(process.argv.slice(2));
