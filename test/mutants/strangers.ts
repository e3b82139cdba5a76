import type { Mutant } from './mutant.ts';

export const strangers: readonly Mutant[] = [
  {
    id: 'renegotiates',
    rule: 'R8',
    does: 'lets a client show another certificate in the middle of a connection',
    file: 'packages/coordinator/src/app.ts',
    find: 'constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION',
    replace: 'constants.SSL_OP_NO_TICKET',
    caughtBy: 'packages/coordinator/test/api/tls-versions.test.ts',
  },
  {
    id: 'unauthenticated-suites',
    rule: 'R8',
    does: 'takes suites of TLS 1.2 that do not authenticate what they encrypt',
    file: 'packages/coordinator/src/app.ts',
    find: "ciphers: suites.join(':'),",
    replace: '',
    caughtBy: 'packages/coordinator/test/api/tls-versions.test.ts',
  },
  {
    id: 'believes-the-socket',
    rule: 'R8',
    does: 'believes what the TLS socket says of a certificate',
    file: 'packages/coordinator/src/api/mutual-tls.ts',
    find: "verifyIssued(certificate, [control], { purpose: 'clientAuth' });",
    replace: '',
    caughtBy: 'packages/coordinator/test/api/mutual-tls.test.ts',
  },
  {
    id: 'notes-ended-certificates',
    rule: 'R8',
    does: 'shows operators the key of a certificate that has ended',
    file: 'packages/coordinator/src/identity/after-restore.ts',
    find: 'if (found.principal === undefined && !isInDate(certificate, this.#deps.now())) return null;',
    replace: '',
    caughtBy: 'packages/coordinator/test/api/restored.test.ts',
  },
];
