import { failure } from '@picket/shared/errors.ts';
import { plain } from '@picket/shared/plain.ts';
import type { AuthenticationRequest, AuthenticationState } from '@picket/shared/protocol/authentication.ts';
import type { Told } from '@picket/shared/protocol/told.ts';
import { adviceOnAuthentication } from '@picket/shared/reasons/authentication-advice.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { Command } from 'commander';
import type { Api } from '../api.ts';
import { onCluster, withOptionalCluster } from '../only-cluster.ts';
import { authenticationSwitched } from '../render/authentication.ts';
import type { Shell } from '../shell.ts';
import { withTimeout } from '../waiting/options.ts';
import { type Look, untilDone } from '../waiting/until-done.ts';

const reportedWithinMs = 30_000;
const unseen = reason('authentication_unseen');

/** `picket cluster auth enable` and `disable`. */
export function authenticationCommands(cluster: Command, shell: Shell): void {
  const auth = cluster.command('auth').description('switch etcd’s authentication on or off');
  withTimeout(
    withOptionalCluster(auth.command('enable').description('give Picket its etcd user, and switch authentication on')),
  )
    .option('--force', 'also if nodes of the cluster have no etcd user with a role: they lose their access')
    .action(
      (given: string | undefined, { timeout, ...options }: { readonly force?: true; readonly timeout?: number }) =>
        switchIt(given, { enabled: true, ...options }, timeout),
    );
  withTimeout(
    withOptionalCluster(auth.command('disable').description('switch authentication off; users and roles stay')),
  ).action((given: string | undefined, { timeout }: { readonly timeout?: number }) =>
    switchIt(given, { enabled: false }, timeout),
  );

  function switchIt(given: string | undefined, order: AuthenticationRequest, timeout: number | undefined) {
    return onCluster(shell, given, async (api, name) => {
      const { enabled } = order;
      const { id } = await api.switchAuthentication({ name, body: order });
      const look = switchedLook(api, { name, id, enabled }, shell.io.monotonic);
      const goal = `the switch of authentication in ${plain(name)}`;
      const state = await untilDone(shell, api, { cluster: name, goal, timeout, isQuiet: true, look });
      shell.show(state, () => authenticationSwitched(name, enabled));
    });
  }
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
  const failed = (because: Told | string, isKnown: boolean): Look<AuthenticationState> => {
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
