import type { ClusterView } from '@picket/shared/protocol/clusters.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { Lab } from '../test/lab/lab.ts';
import { cluster, type HostName } from '../test/lab/names.ts';
import { until } from '../test/support/until.ts';
import type { Lines } from './lines.ts';
import { type Player, Refused } from './player.ts';
import { formingCommands, furtherCommands, type TourPart, tour, tourOfFormed, type Wait } from './tour.ts';
import { wrapped } from './words.ts';

export interface GuideOptions {
  readonly lab: Lab;
  readonly player: Player;
  readonly lines: Lines;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  /** Does a line as if the player had typed it; whether it succeeded. */
  readonly obey: (line: string) => Promise<boolean>;
}

/** Does several commands one after the other. */
export interface Guide {
  /** Shows each command and what comes of it, on Enter if a person is there; whether all went well. */
  tour(): Promise<boolean>;
  /** Forms the cluster; whether that went well. */
  form(): Promise<boolean>;
  /** Throws Refused, with what to do first, unless the cluster exists and is healthy. */
  requireHealthy(): Promise<void>;
  awaitHealthy(): Promise<void>;
}

/** What a terminal shows in one line. */
const width = 100;
/** Longer than a board of a busy machine takes. */
const patienceMs = 240_000;
/** A little more than what the coordinator asks for before it takes a machine for lost, so that it does not refuse. */
const [unheardMs, coordinatorMs] = [36_000, 96_000];

export function openGuide({ lab, player, lines, signal, say, obey }: GuideOptions): Guide {
  /** Null without a cluster. Throws Refused while the coordinator does not answer. */
  async function state(): Promise<string | null> {
    if (lab.coordinator.process === null)
      throw new Refused('The coordinator is off. Start it first: coordinator start');
    const { code, stdout, stderr } = await lab.picket('cluster', 'list', '--output', 'json');
    if (code !== 0) throw new Error(stderr.trim());
    const known = (JSON.parse(stdout) as Page<ClusterView>).items.some(({ spec }) => spec.name === cluster);
    return known ? (await lab.status()).state : null;
  }

  async function wait(awaited: Wait): Promise<void> {
    const began = Date.now();
    const options = { within: patienceMs, every: 500, signal };
    if (awaited === 'healthy') {
      say('Waiting until the cluster is healthy …');
      await lab.healthy(patienceMs, signal);
      // A report that was on its way when a network was cut arrives once it is mended, and says how it was before.
      await lab.healthy(patienceMs, signal);
    } else if ('silent' in awaited) {
      const { silent } = awaited;
      say(`Waiting until ${silent} has not reported for 35 s …`);
      const missed = async () => (await sinceReportOf(silent)) > unheardMs && (await lab.status()).state === 'at-risk';
      await until(`${silent} is missed`, missed, options);
    } else if ('serving' in awaited) {
      const { serving } = awaited;
      say(`Waiting until etcd on ${serving} serves …`);
      // A majority agrees to such a read, of a key that need not exist.
      const serves = async () => (await lab.host(serving).etcdctl('get', 'greeting')).code === 0;
      await until(`etcd on ${serving} serves`, serves, options);
    } else {
      const { unheard } = awaited;
      const young = player.coordinatorRunsFor() + unheardMs < coordinatorMs ? ', and has run for 95 s' : '';
      say(`Waiting until the coordinator has not heard ${unheard} for 35 s${young} …`);
      const accepted = async () =>
        player.coordinatorRunsFor() > coordinatorMs && (await sinceReportOf(unheard)) > unheardMs;
      await until(`${unheard} is not heard`, accepted, options);
    }
    say(`✓ after ${Math.round((Date.now() - began) / 1000)} s`);
  }

  async function sinceReportOf(name: HostName): Promise<number> {
    const member = (await lab.status()).members.find((one) => one.name === name);
    return Date.now() - Date.parse(member?.reportedAt ?? '');
  }

  /** Resolves when the player wants the next command, to false if the player leaves the tour. */
  async function agreed(): Promise<boolean> {
    if (!lines.typed) return true;
    for (;;) {
      const answer = (await lines.next('[Enter runs it, q leaves the tour] '))?.trim() ?? 'q';
      if (answer === '') return true;
      if (['q', 'quit'].includes(answer)) return false;
      if (['tour', 'form'].includes(answer)) say('The tour is under way. To leave it: q');
      else await obey(answer);
    }
  }

  async function guideThrough(parts: readonly TourPart[]): Promise<boolean> {
    for (const [index, { title, steps }] of parts.entries()) {
      say(`\n== Part ${index + 1} of ${parts.length}: ${title}`);
      for (const { text, command, wait: awaited } of steps) {
        say(`\n${wrapped(text, width)}`);
        if (command !== undefined) {
          say(`lab> ${command}`);
          if (!(await agreed())) return true;
          if (!(await obey(command))) {
            say('The tour stops here, because this command failed.');
            return false;
          }
        }
        if (awaited !== undefined) await wait(awaited);
      }
    }
    say('\nYou have seen a cluster survive a power cut and accept a new disk. What to try next, line by line:');
    for (const [commands, shows] of furtherCommands) say(`  ${shows}:\n    ${commands.join('\n    ')}`);
    return true;
  }

  function requireRepaired(): void {
    const repairs = player.repairs();
    if (repairs.length > 0) throw new Refused(`Type first: ${repairs.join('; ')}`);
  }

  return {
    async tour() {
      requireRepaired();
      const now = await state();
      if (now === null) return guideThrough(tour);
      if (now !== 'healthy')
        throw new Refused(`The tour needs a healthy cluster, or none. ${cluster} is ${now}; to see why: status`);
      say(`The cluster ${cluster} exists already, so the tour begins after its formation.`);
      return guideThrough(tourOfFormed);
    },
    async form() {
      requireRepaired();
      if ((await state()) !== null) throw new Refused(`The cluster ${cluster} exists already. To see it: status`);
      for (const command of formingCommands) {
        say(`lab> ${command}`);
        if (!(await obey(command))) return false;
      }
      await wait('healthy');
      return obey('status');
    },
    awaitHealthy: () => wait('healthy'),
    async requireHealthy() {
      requireRepaired();
      const now = await state();
      if (now === null) throw new Refused(`There is no cluster ${cluster} yet. Type first: form`);
      if (now !== 'healthy') throw new Refused(`${cluster} is ${now}; to see why: status`);
    },
  };
}
