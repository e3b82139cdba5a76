import { failure } from '@picket/shared/errors.ts';
import { plain } from '@picket/shared/plain.ts';
import type { AuthenticationRequest, AuthenticationState } from '@picket/shared/protocol/authentication.ts';
import type { Command } from 'commander';
import type { Api } from '../api.ts';
import { onCluster, withOptionalCluster } from '../only-cluster.ts';
import { authenticationSwitched } from '../render/authentication.ts';
import type { Shell } from '../shell.ts';

const askAgainMs = 500;
const reportedWithinMs = 30_000;

/** `picket cluster auth enable` and `disable`. */
export function authenticationCommands(cluster: Command, shell: Shell): void {
  const auth = cluster.command('auth').description('switch etcd’s authentication on or off');
  withOptionalCluster(auth.command('enable').description('give Picket its etcd user, and switch authentication on'))
    .option('--force', 'also if nodes of the cluster have no etcd user with a role: they lose their access')
    .action((given: string | undefined, options: { readonly force?: true }) =>
      switchIt(given, { enabled: true, ...options }),
    );
  withOptionalCluster(auth.command('disable').description('switch authentication off; users and roles stay')).action(
    (given: string | undefined) => switchIt(given, { enabled: false }),
  );

  function switchIt(given: string | undefined, order: AuthenticationRequest) {
    return onCluster(shell, given, async (api, name) => {
      const { enabled } = order;
      const { id } = await api.switchAuthentication(name, order);
      const state = await switched(api, { name, id, enabled }, shell);
      shell.show(state, () => authenticationSwitched(name, enabled));
    });
  }
}

/** Resolves once the order has ended. Throws `authentication_refused` with the reason if it failed. */
async function switched(
  api: Api,
  { name, id, enabled }: { readonly name: string; readonly id: string; readonly enabled: boolean },
  { io }: Shell,
): Promise<AuthenticationState> {
  let since = 0;
  for (;;) {
    const state = await api.authenticationState(name);
    const failed = (reason: string) =>
      failure('authentication_refused', { cluster: name, wanted: enabled ? 'on' : 'off', reason });
    if (state.failure?.id === id) throw failed(plain(state.failure.reason.message));
    if (state.task?.id !== id) {
      if (state.enabled === enabled) return state;
      // The members report it a little later. An order ends without an effect if the cluster freezes.
      since += askAgainMs;
      if (since > reportedWithinMs) throw failed('the order has ended, and no member reports its effect');
    }
    await io.sleep(askAgainMs);
    io.interrupted.throwIfAborted();
  }
}
