import type { Mutant } from './mutant.ts';

const rule = 'Other versions of etcd:';
const etcd = 'packages/agent/src/etcd';
const caughtBy = 'packages/agent/test/etcd/gateway-error.test.ts';

export const gateway: readonly Mutant[] = [
  {
    id: 'accept-header',
    rule,
    does: 'sends an accept header, for which etcd fills its log',
    file: 'packages/agent/src/http/exchange.ts',
    find: "...(body === undefined ? {} : { 'content-type': 'application/json' }),",
    replace: "accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }),",
    caughtBy: 'packages/agent/test/http/no-accept.test.ts',
  },
  {
    id: 'grpc-code-alone',
    rule,
    does: 'reads the code of a broken stream as 3.5 alone names it',
    file: `${etcd}/gateway-error.ts`,
    find: '[code, grpcCode]',
    replace: '[code === null ? code : grpcCode]',
    caughtBy,
  },
  {
    id: 'learner-judges',
    rule,
    does: 'takes for a refusal of etcd that a learner of 3.6 cannot answer',
    file: `${etcd}/gateway-error.ts`,
    find: "words.includes('rpc not supported for learner')",
    replace: "words.includes('rpc not supported for nobody')",
    caughtBy,
  },
  {
    id: 'silence-is-authentication',
    rule: 'Authentication:',
    does: 'takes every call that fails for a refusal for authentication',
    file: `${etcd}/gateway.ts`,
    find: 'error instanceof EtcdError && error.grpcCode === unauthenticated',
    replace: 'error instanceof EtcdError && unauthenticated > 0',
    caughtBy: 'packages/agent/test/etcd/quorum-read.test.ts',
  },
  {
    id: 'restore-for-authentication',
    rule: 'Authentication:',
    does: 'points to a restore where etcd only refuses its agents',
    file: 'packages/coordinator/src/controller/replacement/replacement.ts',
    find: 'obstacle !== null && isAuthenticationOn(situation)',
    replace: 'obstacle === null && isAuthenticationOn(situation)',
    caughtBy: 'packages/coordinator/test/controller/replacement/replacement.test.ts',
  },
  {
    id: 'server-named-as-host',
    rule: 'Authentication:',
    does: 'names a server certificate like a host, and so like a user perhaps',
    file: 'packages/shared/src/etcd-config/certificate-names.ts',
    find: 'return `etcd ',
    replace: 'return `',
    caughtBy: 'packages/coordinator/test/desired-state/common-names.test.ts',
  },
];
