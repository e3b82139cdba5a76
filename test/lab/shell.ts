import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openLab } from './lab.ts';
import type { LabHost } from './lab-host.ts';
import { joinAll } from './lab-of-test.ts';
import { cluster, hostsFile } from './names.ts';

/**
 * The lab by hand: three boards that have joined, and a prompt; `--blank` leaves them switched off, and `--alpine` boots
 * them as Alpine comes, with nothing of Picket's on them.
 */

const help = `
  x-k3s-m-1            a shell on that host (likewise -2 and -3)
  x-k3s-m-1 COMMAND    a command there, such as: x-k3s-m-1 rc-service etcd status
  picket ARGS          the operator's command, such as: picket status ${cluster}
  boot | off | powercut | newdisk | cut | heal | fill | free  HOST
  coordinator start | stop | cut | heal
  exit                 ends it all
`;

const folder = await mkdtemp(join(tmpdir(), 'picket-lab-'));
const alpine = process.argv.includes('--alpine');
const lab = await openLab({ folder, blank: alpine });
const { coordinator } = lab;

// Ctrl-C on a host is meant for what runs there.
process.on('SIGINT', () => undefined);

const onHost: Record<string, (host: LabHost) => Promise<void>> = {
  boot: (host) => host.boot(),
  off: (host) => host.powerOff(),
  powercut: (host) => host.powerCut(),
  newdisk: (host) => host.newDisk(),
  cut: (host) => host.cutNetwork(),
  heal: (host) => host.healNetwork(),
  fill: (host) => host.fillDisk(),
  free: (host) => host.freeDisk(),
};

const onCoordinator: Record<string, () => Promise<void>> = {
  start: () => coordinator.start(),
  stop: () => coordinator.stop(),
  cut: () => coordinator.cutNetwork(),
  heal: () => coordinator.healNetwork(),
};

async function attached(line: readonly string[]): Promise<void> {
  const [program, ...args] = line;
  const env = { PATH: process.env.PATH, HOME: '/root', TERM: process.env.TERM };
  // The terminal is the other's for as long as it runs; a script's further lines are not.
  const stdin = process.stdin.isTTY ? 'inherit' : 'ignore';
  await once(spawn(program as string, args, { stdio: [stdin, 'inherit', 'inherit'], env }), 'close');
}

/** What is typed, line by line, or what a script holds. */
async function* lines(): AsyncGenerator<string> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY) {
    for await (const line of createInterface({ input: stdin })) {
      console.log(`lab> ${line}`);
      yield line;
    }
    return;
  }
  let history: string[] = [];
  for (;;) {
    const prompt = createInterface({ input: stdin, output: stdout, prompt: 'lab> ', history });
    prompt.on('history', (all: string[]) => {
      history = [...all];
    });
    prompt.on('SIGINT', () => prompt.close());
    prompt.prompt();
    const line = await Promise.race([
      once(prompt, 'line').then(([text]) => text as string),
      once(prompt, 'close').then(() => null),
    ]);
    prompt.close();
    if (line === null) return;
    yield line;
  }
}

async function obey(line: string): Promise<void> {
  const [word = '', ...rest] = line.trim().split(/\s+/);
  const host = lab.hosts.find(({ name }) => name === word);
  const act = onHost[word];
  if (word === '') return;
  if (host !== undefined) {
    const command = line.trim().slice(word.length).trim();
    // Without job control: ash cannot give the terminal back to a process group outside its PID namespace.
    await attached([...host.enter(), 'sh', '+m', '-l', ...(command === '' ? [] : ['-c', command])]);
  } else if (word === 'picket') {
    const { stdout, stderr } = await coordinator.picket(...rest);
    process.stdout.write(stdout + stderr);
  } else if (word === 'coordinator' && onCoordinator[rest[0] ?? ''] !== undefined) {
    await onCoordinator[rest[0] ?? '']?.();
  } else if (act !== undefined) {
    const named = lab.hosts.find(({ name }) => name === rest[0]);
    if (named === undefined) console.log(`${word} which host?`);
    else await act(named);
  } else console.log(help);
}

try {
  if (alpine) {
    await Promise.all(lab.hosts.map((host) => host.boot()));
    console.log('Three boards have booted. The seed’s host list, for picket cluster create:', hostsFile);
  } else if (!process.argv.includes('--blank')) {
    console.log('Three boards boot and join …');
    await lab.createCluster();
    await joinAll(lab);
    await lab.healthy();
    await obey(`picket status ${cluster}`);
  }
  console.log(help);
  for await (const line of lines()) {
    if (line.trim() === 'exit') break;
    await obey(line).catch((error: unknown) => console.log(error instanceof Error ? error.message : error));
  }
} finally {
  await lab.close();
  await rm(folder, { recursive: true, force: true });
}
