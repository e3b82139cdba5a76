import type { Mutant } from './mutant.ts';

const coordinator = 'packages/coordinator/src/operations/switch-authentication.ts';
const agent = 'packages/agent/src/etcd/switch-authentication.ts';

export const authentication: readonly Mutant[] = [
  {
    id: 'authentication-without-etcdctl',
    rule: 'R16',
    does: 'switches authentication on although an agent could not administer etcd then',
    file: coordinator,
    find: 'unready.length > 0',
    replace: 'unready.length < 0',
    caughtBy: 'packages/coordinator/test/api/authentication.test.ts',
  },
  {
    id: 'authentication-while-one-ails',
    rule: 'R16',
    does: 'switches authentication on although a voter does not serve',
    file: coordinator,
    find: 'ailments.length > 0',
    replace: 'ailments.length < 0',
    caughtBy: 'packages/coordinator/test/api/authentication.test.ts',
  },
  {
    id: 'users-for-any-cause',
    rule: 'R19',
    does: 'advises to create etcd users whatever keeps authentication from being switched',
    file: 'packages/shared/src/reasons/authentication-advice.ts',
    find: 'switch (cause.code) {',
    replace: "switch (cause.code === '' ? '' : 'clients_without_role') {",
    caughtBy: 'packages/shared/test/reasons/authentication-advice.test.ts',
  },
  {
    id: 'authentication-in-the-middle',
    rule: 'R16',
    does: 'switches authentication in the middle of another change',
    file: coordinator,
    find: 'if (busy !== null)',
    replace: 'if (busy === reason("no_voter_serves"))',
    caughtBy: 'packages/coordinator/test/api/authentication.test.ts',
  },
  {
    id: 'authentication-cuts-off',
    rule: 'R16',
    does: 'switches authentication on although a client loses its access',
    file: agent,
    find: 'powerless.length > 0',
    replace: 'powerless.length < 0',
    caughtBy: 'packages/agent/test/etcd/switch-authentication.test.ts',
  },
  {
    id: 'authentication-for-servers',
    rule: 'R16',
    does: 'switches authentication on although a user is named like a server certificate',
    file: agent,
    find: 'likeServers.length > 0',
    replace: 'likeServers.length < 0',
    caughtBy: 'packages/agent/test/etcd/switch-authentication.test.ts',
  },
];
