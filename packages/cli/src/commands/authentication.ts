import { failure } from '@picket/shared/errors.ts';
import { picketUser } from '@picket/shared/etcd-users/picket-user.ts';
import { plain } from '@picket/shared/plain.ts';
import type { AuthenticationState } from '@picket/shared/protocol/authentication.ts';
import type { Rendered } from '@picket/shared/protocol/rendered.ts';
import { adviceOnAuthentication } from '@picket/shared/reasons/authentication-advice.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { Command } from 'commander';
import type { Api } from '../api.ts';
import { clusterCommand } from '../only-cluster.ts';
import type { Shell } from '../shell.ts';
import { withTimeout } from '../waiting/options.ts';
import { type Look, untilDone } from '../waiting/until-done.ts';

const reportedWithinMs = 30_000;
const unseen = reason('authentication_unseen');

interface Flags {
  readonly force?: true;
  readonly timeout?: number;
}

/** `picket cluster auth enable` and `disable`. */
export function authenticationCommands(cluster: Command, shell: Shell): void {
  const auth = cluster.command('auth').description('switch etcd’s authentication on or off');
  const enable = withTimeout(
    auth.command('enable').description('give Picket its etcd user, and switch authentication on'),
  ).option('--force', 'also if nodes of the cluster have no etcd user with a role: they lose their access');
  const disable = withTimeout(auth.command('disable').description('switch authentication off; users and roles stay'));
  for (const command of [enable, disable]) {
    const enabled = command === enable;
    clusterCommand(command, shell, async (api, name, { timeout, force }: Flags) => {
      const { id } = await api.switchAuthentication({ name, body: { enabled, force } });
      const look = switchedLook(api, { name, id, enabled }, shell.io.monotonic);
      const goal = `the switch of authentication in ${name}`;
      const state = await untilDone(shell, api, { cluster: name, goal, timeout, isQuiet: true, look });
      shell.show(state, () => switched(name, enabled));
    });
  }
}

function switched(name: string, enabled: boolean): string {
  return enabled
    ? `etcd's authentication is on in ${name}. Picket administers etcd as the user ${picketUser}. Switch it off with: picket cluster auth disable ${name}`
    : `etcd's authentication is off in ${name}. The users and roles are still there.`;
}

/** Has failed with `authentication_refused` and the reason if the order has, with `authentication_unknown` if that is not known. */
function switchedLook(
  api: Api,
  { name, id, enabled }: { readonly name: string; readonly id: string; readonly enabled: boolean },
  monotonic: () => number,
): () => Promise<Look<AuthenticationState>> {
  let endedAt: number | null = null;
  const waits = (text: string): Look<AuthenticationState> => ({ state: 'waits', text, likeness: text });
  const of = { cluster: name, wanted: enabled ? 'on' : 'off' };
  const failed = (because: Rendered | string, isKnown: boolean): Look<AuthenticationState> => {
    const why = typeof because === 'string' ? because : plain(because.message);
    if (!isKnown) return { state: 'failed', error: failure('authentication_unknown', { ...of, reason: why }) };
    // The facts are the words of a node.
    const cause = typeof because === 'string' ? unseen : { code: because.code, facts: {} };
    const advice = adviceOnAuthentication(cause, name);
    return { state: 'failed', error: failure('authentication_refused', { ...of, reason: why, advice }) };
  };
  return async () => {
    const state = await api.authenticationState({ name });
    const { failure: ended } = state;
    if (ended?.id === id) return failed(ended.reason, ended.unknown !== true);
    if (state.task?.id === id) return waits('a member carries the order out');
    if (state.enabled === enabled) return { state: 'done', result: state };
    // The members report it a little later. An order ends without an effect if the cluster freezes.
    endedAt ??= monotonic();
    if (monotonic() - endedAt > reportedWithinMs)
      return failed('the order has ended, and no member reports its effect', state.enabled !== null);
    return waits('a member to report it');
  };
}
