import { failure, type PicketError } from '@picket/shared/errors.ts';
import { RemoteError } from '../coordinator/remote-error.ts';
import type { Identity } from '../identity/identity-store.ts';
import { askAs, isAway } from './as-this-node.ts';
import type { Setting } from './setting.ts';

/** What the coordinator answers to this node now. */
interface CoordinatorAnswer {
  /** What it refuses this node with. */
  readonly refused: RemoteError | null;
  /** Operators have removed this node's member, and it has not left etcd and its machine yet. */
  readonly isLeaving: boolean;
  /** Why there is no answer of it. */
  readonly problem: PicketError | null;
}

const patienceMs = 2000;
const nothingSaid: CoordinatorAnswer = { refused: null, isLeaving: false, problem: null };

/**
 * Asks the coordinator for this node's member, and waits two seconds. The identity on the disk is the present one: an older one
 * would look like a copy of this node (R15).
 */
export async function answerOf(setting: Setting, identity: Identity): Promise<CoordinatorAnswer> {
  const { clock } = setting.host;
  const { coordinator: url } = identity.node;
  const stop = new AbortController();
  const late = clock.sleep(patienceMs, stop.signal).then((): CoordinatorAnswer => {
    const reason = `it has not answered within ${patienceMs / 1000} s`;
    return { ...nothingSaid, problem: failure('coordinator_unreachable', { url, reason }) };
  });
  return askAs(identity, setting, async (client) => {
    const asked = client.member().then(
      ({ leaving }): CoordinatorAnswer => ({ ...nothingSaid, isLeaving: leaving === true }),
      (error: unknown): CoordinatorAnswer => ({
        ...nothingSaid,
        // A client node has no member.
        refused: error instanceof RemoteError && error.code !== 'node_is_client' ? error : null,
        problem: isAway(error) ? error : null,
      }),
    );
    return Promise.race([asked, late]);
  }).finally(() => stop.abort());
}
