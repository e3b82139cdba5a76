import type { Mutant } from './mutant.ts';

const caughtBy = 'packages/coordinator/test/executor/evict-compromised.test.ts';
const decided = 'packages/coordinator/test/controller/replacement/declare-compromised.test.ts';
const declaration = 'packages/coordinator/src/controller/replacement/declare-compromised.ts';

export const compromised: readonly Mutant[] = [
  {
    id: 'keeps-connections-open',
    rule: 'R8',
    does: 'leaves a node that is shut out on its open connections',
    file: 'packages/coordinator/src/api/nodes.ts',
    find: 'if (!dryRun) app.disconnect(nodeUri(id));',
    replace: 'void nodeUri;',
    caughtBy,
  },
  {
    id: 'believes-a-late-body',
    rule: 'R8',
    does: 'answers a request whose body arrives after its sender was shut out',
    file: 'packages/coordinator/src/api/mutual-tls.ts',
    find: "if (principal !== null && method !== 'GET') judge(request);",
    replace: 'void request;',
    caughtBy,
  },
  {
    id: 'hands-out-what-it-recorded',
    rule: 'R8',
    does: 'gives a certificate to a node that was evicted while it was recorded',
    file: 'packages/coordinator/src/api/node.ts',
    find: '      app.judge(request);\n      return { certificate: certificate.pem };',
    replace: '      return { certificate: certificate.pem };',
    caughtBy,
  },
  {
    id: 'leaves-it-its-tokens',
    rule: 'R8',
    does: 'lets a compromised machine join again by a token that it knows',
    file: 'packages/coordinator/src/executor/keep-commit.ts',
    find: 'if (kept.endsTokens === true) await store.tokens.expireThoseOf(kept.nodeId, at);',
    replace: '',
    caughtBy,
  },
  {
    id: 'readopts-the-compromised',
    rule: 'R5',
    does: 'offers the key of a compromised node for re-adoption, once an older store is restored',
    file: 'packages/coordinator/src/api/nodes.ts',
    find: 'if (compromised && !dryRun) await revokeIdentity(deps, id);',
    replace: 'void revokeIdentity;',
    caughtBy,
  },
  {
    id: 'compromised-life-on-next-machine',
    rule: 'R4',
    does: 'has the next machine begin the life of a compromised one',
    file: declaration,
    find: '    machineGone: true,\n    compromised: true,',
    replace: '    machineGone: false,\n    compromised: true,',
    caughtBy: decided,
  },
  {
    id: 'counts-a-compromised-vote',
    rule: 'R3',
    does: 'counts on the vote of a compromised member for the removal of another',
    file: 'packages/coordinator/src/controller/membership/departures.ts',
    find: '(voter === name && (member.leaving?.compromised === true || serving(member, reported, situation).ok));',
    replace: 'member.leaving?.compromised === true || (voter === name && serving(member, reported, situation).ok);',
    caughtBy: decided,
  },
  {
    id: 'compromised-is-lost',
    rule: 'R16',
    does: 'takes the data of a compromised machine for lost',
    file: declaration,
    find: '    compromised: true,\n    nodeId,',
    replace: '    compromised: true,\n    lost: true,\n    nodeId,',
    caughtBy: decided,
  },
  {
    id: 'shuts-out-a-founder',
    rule: 'R1',
    does: 'shuts a founder out whose formation goes on',
    file: declaration,
    find: "if (member.phase === 'founding') {",
    replace: "if (member.phase === 'founding' && name === '') {",
    caughtBy: decided,
  },
];
