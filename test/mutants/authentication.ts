import type { Mutant } from './mutant.ts';

const coordinator = 'packages/coordinator/src/operations/switch-authentication.ts';
const agent = 'packages/agent/src/etcd/gateway.ts';

export const authentication: readonly Mutant[] = [
  {
    id: 'authentication-without-etcdctl',
    rule: 'R16',
    does: 'switches authentication on although an agent could not administer etcd then',
    file: coordinator,
    in: 'obstacleTo',
    guard: "unready.length > 0 ? reason('etcdctl_unready', { members: unready }) : null",
    without: "unready.length < 0 ? reason('etcdctl_unready', { members: unready }) : null",
    caughtBy: 'packages/coordinator/test/api/authentication.test.ts',
  },
  {
    id: 'authentication-while-one-ails',
    rule: 'R16',
    does: 'switches authentication on although a voter does not serve',
    file: coordinator,
    in: 'obstacleTo',
    guard: 'if (ailments.length > 0) $body;',
    without: 'if (ailments.length < 0) $body;',
    caughtBy: 'packages/coordinator/test/api/authentication.test.ts',
  },
  {
    id: 'users-for-any-cause',
    rule: 'R19',
    does: 'advises to create etcd users whatever keeps authentication from being switched',
    file: 'packages/shared/src/reasons/authentication-advice.ts',
    in: 'adviceOnAuthentication',
    guard: 'cause.code',
    without: "cause.code === '' ? '' : 'clients_without_role'",
    caughtBy: 'packages/shared/test/reasons/authentication-advice.test.ts',
  },
  {
    id: 'authentication-in-the-middle',
    rule: 'R16',
    does: 'switches authentication in the middle of another change',
    file: coordinator,
    in: 'switchAuthentication.decide',
    guard: 'if (busy !== null) $body; const obstacle = $1;',
    without: 'if (busy === reason("no_voter_serves")) $body; const obstacle = $1;',
    caughtBy: 'packages/coordinator/test/api/authentication.test.ts',
  },
  {
    id: 'authentication-cuts-off',
    rule: 'R16',
    does: 'switches authentication on although a client loses its access',
    file: agent,
    in: 'prepareAuthentication',
    guard: 'for (const client of clients) $body; if (powerless.length > 0) $body2;',
    without: 'for (const client of clients) $body; if (powerless.length < 0) $body2;',
    caughtBy: 'packages/agent/test/etcd/switch-authentication.test.ts',
  },
  {
    id: 'authentication-for-servers',
    rule: 'R16',
    does: 'switches authentication on although a user is named like a server certificate',
    file: agent,
    in: 'prepareAuthentication',
    guard: 'if (likeServers.length > 0) $body; const powerless: string[] = [];',
    without: 'if (likeServers.length < 0) $body; const powerless: string[] = [];',
    caughtBy: 'packages/agent/test/etcd/switch-authentication.test.ts',
  },
];
