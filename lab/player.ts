import { setClock } from '../test/lab/clock-layer.ts';
import type { Lab } from '../test/lab/lab.ts';
import type { LabHost } from '../test/lab/lab-host.ts';
import type { HostName } from '../test/lab/names.ts';
import { showBoards } from './boards.ts';
import { type BoardAct, type Command, type CoordinatorAct, helpText } from './commands.ts';
import type { Programs } from './programs.ts';

/** What cannot be done now; the message says what to do first. */
export class Refused extends Error {}

/** A command that one step does; the others are made of such. */
export type Step = Exclude<Command, { readonly kind: 'tour' | 'form' | 'fault' | 'answer' | 'quit' }>;

export interface PlayerOptions {
  readonly lab: Lab;
  readonly programs: Programs;
  /** Where `picket` reads and writes files of the player's. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** Does what a player's commands say. */
export interface Player {
  /**
   * Whether it succeeded. What a program said of its failure has been shown; throws Refused, or what failed in the lab.
   *
   * @param tell takes what is said of the step instead of the player
   */
  take(step: Step, tell?: (text: string) => void): Promise<boolean>;
  /** How many milliseconds the coordinator has run, at least. */
  coordinatorRunsFor(): number;
  /** What must be fixed before the tour, as commands. */
  repairs(): readonly string[];
}

export function openPlayer({ lab, programs, folder, signal, say }: PlayerOptions): Player {
  const cut = new Set<HostName>();
  const clocks = new Map<HostName, number>();
  let line: string | undefined;
  let coordinatorSince = performance.now();

  function hostThatIsOn(name: HostName): LabHost {
    const host = lab.host(name);
    if (host.init === null) throw new Refused(`${name} is off. Switch it on first: boot ${name}`);
    return host;
  }

  async function onBoard(name: HostName, command?: string): Promise<boolean> {
    const host = hostThatIsOn(name);
    const prompt = ['env', `PS1=${name}:\\w# `];
    // Without job control: ash cannot give the terminal back to a process group outside its PID namespace.
    const shell = ['sh', '+m', '-l', ...(command === undefined ? [] : ['-c', command])];
    return (await programs.run(host.enter(), [...prompt, ...shell], { signal })).code === 0;
  }

  async function picket(args: readonly string[]): Promise<boolean> {
    const makesLine = args[0] === 'token' && args[1] === 'create';
    const { enter, line: program } = lab.coordinator.picketLine(...args);
    // A process that enters a mount namespace is at its root.
    const inFolder = ['env', `--chdir=${folder}`];
    const { code, text } = await programs.run(enter, [...inFolder, ...program], { signal, keep: makesLine });
    line =
      text
        .split('\n')
        .find((one) => one.includes('PICKET_JOIN='))
        ?.trim() ?? line;
    return code === 0;
  }

  /** What each does to a board, and the sentence that says so. */
  const boardActs: Readonly<Record<BoardAct, (name: HostName) => Promise<string>>> = {
    async powercut(name) {
      await hostThatIsOn(name).powerCut();
      clocks.delete(name);
      return `${name} is off. To switch it on: boot ${name}`;
    },
    async boot(name) {
      const host = lab.host(name);
      if (host.init !== null) throw new Refused(`${name} is on already. To switch it off: powercut ${name}`);
      await host.boot();
      clocks.delete(name);
      return `${name} has booted.`;
    },
    async newdisk(name) {
      await lab.host(name).newDisk();
      clocks.delete(name);
      return `${name} is off and has a new, empty disk. To switch it on: boot ${name}`;
    },
    async cut(name) {
      if (cut.has(name)) throw new Refused(`The network of ${name} is cut already. To end that: mend ${name}`);
      await lab.host(name).cutNetwork();
      cut.add(name);
      return `${name} has no network. To end that: mend ${name}`;
    },
    async mend(name) {
      if (!cut.has(name)) throw new Refused(`The network of ${name} is not cut. To cut it: cut ${name}`);
      await lab.host(name).healNetwork();
      cut.delete(name);
      return `${name} has its network again.`;
    },
    async fill(name) {
      await hostThatIsOn(name).fillDisk();
      return `The disk of ${name} is full. To end that: free ${name}`;
    },
    async free(name) {
      await hostThatIsOn(name).freeDisk();
      return `The disk of ${name} has free space again.`;
    },
  };

  const coordinatorActs: Readonly<Record<CoordinatorAct, () => Promise<string>>> = {
    async stop() {
      if (lab.coordinator.process === null)
        throw new Refused('The coordinator is off already. To start it: coordinator start');
      await lab.coordinator.stop();
      return 'The coordinator is off. To start it: coordinator start';
    },
    async start() {
      if (lab.coordinator.process !== null)
        throw new Refused('The coordinator runs already. To stop it: coordinator stop');
      await lab.coordinator.start();
      coordinatorSince = performance.now();
      return 'The coordinator runs.';
    },
    async cut() {
      await lab.coordinator.cutNetwork();
      return 'No board reaches the coordinator. picket does, on the same machine. To end that: coordinator mend';
    },
    async mend() {
      await lab.coordinator.healNetwork();
      return 'The coordinator has its network again.';
    },
  };

  return {
    async take(step, tell = say) {
      switch (step.kind) {
        case 'nothing':
          return true;
        case 'help':
          tell(helpText());
          return true;
        case 'boards':
          tell(await showBoards(lab, { cut, clocks }));
          return true;
        case 'picket':
          return picket(step.args);
        case 'paste':
          if (line === undefined)
            throw new Refused('There is no line to paste. Make one first: picket token create x-k3s --uses 3');
          return onBoard(step.board, line);
        case 'shell':
          if (!process.stdin.isTTY)
            throw new Refused(`shell needs a terminal. In a script, write: on ${step.board} COMMAND`);
          // Its status is that of the last command in there, which is no failure of the lab.
          await onBoard(step.board);
          return true;
        case 'on':
          return onBoard(step.board, step.line);
        case 'board':
          tell(await boardActs[step.act](step.board));
          return true;
        case 'clock':
          await setClock(hostThatIsOn(step.board), step.offset);
          if (step.offset === 0) clocks.delete(step.board);
          else clocks.set(step.board, step.offset);
          tell(`On ${step.board} it is ${await dateOn(hostThatIsOn(step.board))}.`);
          return true;
        case 'coordinator':
          tell(await coordinatorActs[step.act]());
          return true;
      }
    },
    coordinatorRunsFor: () => performance.now() - coordinatorSince,
    repairs: () => [
      ...lab.hosts.filter(({ init }) => init === null).map(({ name }) => `boot ${name}`),
      ...[...cut].map((name) => `mend ${name}`),
      ...[...clocks.keys()].map((name) => `clock ${name} right`),
      ...(lab.coordinator.process === null ? ['coordinator start'] : []),
    ],
  };
}

function dateOn(host: LabHost): Promise<string> {
  return host.must(['sh', '-lc', "date -u '+%Y-%m-%d %H:%M:%SZ'"]);
}
