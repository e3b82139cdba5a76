import { randomBytes } from 'node:crypto';
import { failure } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { nextStep } from '@picket/shared/reasons/next-step.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { shownTime } from '@picket/shared/reasons/shown-time.ts';
import { withMachineLock } from '../host/machine-lock.ts';
import { openJournal } from '../journal/journal-store.ts';
import { type LocalOrder, writeLocalOrder } from '../journal/local-order.ts';
import { beginWithinMs, quietMs } from '../reconcile/hold-alone.ts';
import { asThisNode, isAway } from './as-this-node.ts';
import type { AgentIo } from './io.ts';
import type { Setting } from './setting.ts';

const lookAgainMs = 500;
const askAgainMs = 5000;

interface Wanted {
  readonly cluster: string;
  readonly member: string;
  readonly hold: LocalOrder['hold'];
}

/**
 * Has the running agent hold this member without a coordinator, and resolves once it does; etcd is stopped then if the hold
 * stops it. The agent reads one order, so only one such command waits at a time. Throws `hold_alone_ordered`,
 * `held_alone_already`, `hold_alone_refused`, `coordinator_answers`, `hold_interrupted`.
 */
export async function holdAlone(io: AgentIo, setting: Setting, wanted: Wanted): Promise<void> {
  let isFirst = false;
  const order = () => {
    isFirst = true;
    return orderHold(io, setting, wanted);
  };
  const place = `${setting.paths.stateDir}/hold-alone`;
  return withMachineLock(place, 0, order).catch((error: unknown) => {
    throw isFirst ? error : failure('hold_alone_ordered', {}, { cause: error });
  });
}

async function orderHold({ stderr, signal }: AgentIo, setting: Setting, { hold, ...of }: Wanted): Promise<void> {
  const { host, paths } = setting;
  const { clock, files } = host;
  await requireNotHeld(setting);
  const id = `alone${randomBytes(8).toString('hex')}`;
  const at = clock.monotonic();
  stderr.write(
    `No coordinator answers. The agent begins the hold once no coordinator has answered it for ${quietMs / 1000} s, if every other voter serves.\n` +
      'It cannot know whether another member is held, or whether the coordinator still answers other nodes: make sure that nobody works on another board.\n',
  );
  await writeLocalOrder(files, paths.stateDir, { id, boot: host.boot, at, hold });
  try {
    await begun({ setting, signal, id, at, of });
  } catch (error) {
    // The agent may be about to begin it, so that taking the order away is not enough.
    await writeLocalOrder(files, paths.stateDir, { id, boot: host.boot, at: clock.monotonic(), hold: null });
    throw error;
  }
}

async function requireNotHeld({ host: { files, clock, boot }, paths }: Setting): Promise<void> {
  const { held } = (await openJournal(files, paths.stateDir)).current();
  if (held?.alone === undefined || held.boot !== boot) return;
  const left = held.since + held.alone.seconds * 1000 - clock.monotonic();
  if (left > 0) throw failure('held_alone_already', { until: shownTime(isoTime(clock.now() + left)) });
}

interface Awaited {
  readonly setting: Setting;
  readonly signal: AbortSignal;
  readonly id: string;
  /** Monotonic milliseconds of the order. */
  readonly at: number;
  readonly of: { readonly cluster: string; readonly member: string };
}

/** Resolves once the agent has begun the hold. */
async function begun({ setting, signal, id, at, of }: Awaited): Promise<void> {
  const { host, paths } = setting;
  const { clock, files } = host;
  const end = at + quietMs + beginWithinMs;
  const isDue = every(askAgainMs, at);
  for (;;) {
    const { held, holdRefused } = (await openJournal(files, paths.stateDir)).current();
    const isHeld = held?.permit === id;
    if (isHeld && !(held.stopped && (await host.init.state()).kind === 'running')) return;
    const now = clock.monotonic();
    const problem = () => {
      if (signal.aborted) return failure('hold_interrupted', of);
      if (holdRefused?.permit === id) {
        const next = nextStep(holdRefused.reason, { cluster: of.cluster, place: 'board' });
        return failure('hold_alone_refused', {
          reason: inWords(holdRefused.reason).replace(/\.$/, ''),
          advice: next.code === 'reboot_freely' ? next : reason('without_reboot', { next }),
        });
      }
      return now >= end ? failure('hold_alone_late', { seconds: Math.round((now - at) / 1000) }) : null;
    };
    const answers = !isHeld && isDue(now) && (await coordinatorAnswers(setting));
    const ended = problem() ?? (answers ? failure('coordinator_answers', {}) : null);
    if (ended !== null) throw ended;
    await clock.sleep(lookAgainMs, signal);
  }
}

/** True at most once in this many milliseconds. */
function every(ms: number, since: number): (now: number) => boolean {
  let last = since;
  return (now) => {
    if (now - last < ms) return false;
    last = now;
    return true;
  };
}

/** Also true if it refuses to answer this node. */
async function coordinatorAnswers(setting: Setting): Promise<boolean> {
  return asThisNode(setting, (client) => client.member()).then(
    () => true,
    (error: unknown) => !isAway(error),
  );
}
