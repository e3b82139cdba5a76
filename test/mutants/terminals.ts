import type { Mutant } from './mutant.ts';

const rule = 'No raw words of nodes:';

export const terminals: readonly Mutant[] = [
  {
    id: 'escapes-c0-alone',
    rule,
    does: 'takes C1 and direction characters for harmless',
    file: 'packages/shared/src/plain.ts',
    find: '[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]',
    replace: '[\\0-\\x1f]',
    caughtBy: 'packages/cli/test/hostile-answers.test.ts',
  },
  {
    id: 'raw-json',
    rule,
    does: 'writes what its renderers and JSON leave as it is',
    file: 'packages/cli/src/plain-io.ts',
    find: 'return { ...io, stdout: guarded(io.stdout), stderr: guarded(io.stderr) };',
    replace: 'return guarded === undefined ? io : { ...io };',
    caughtBy: 'packages/cli/test/hostile-answers.test.ts',
  },
  {
    id: 'raw-agent',
    rule,
    does: 'writes words of the coordinator as they are',
    file: 'packages/agent/src/commands/io.ts',
    find: 'output.write(plainLines(text))',
    replace: 'output.write(plainLines === undefined ? text : String(text))',
    caughtBy: 'packages/agent/test/commands/wait.test.ts',
  },
  {
    id: 'raw-log',
    rule,
    does: 'logs words of nodes as they are',
    file: 'packages/coordinator/src/plain-log.ts',
    find: 'output.write(plainLines(line))',
    replace: 'output.write(plainLines === undefined ? line : String(line))',
    caughtBy: 'packages/coordinator/test/plain-log.test.ts',
  },
  {
    id: 'forged-line',
    rule,
    does: 'lets an event forge a line of its own',
    file: 'packages/cli/src/render/events.ts',
    find: 'plain(event.message)',
    replace: 'String(event.message)',
    caughtBy: 'packages/cli/test/hostile-answers.test.ts',
  },
  {
    id: 'forged-line-of-failure',
    rule,
    does: 'lets the reason of a snapshot that failed forge a line of its own',
    file: 'packages/cli/src/commands/snapshot.ts',
    find: 'plain(state.failure.reason.message)',
    replace: 'String(state.failure.reason.message)',
    caughtBy: 'packages/cli/test/hostile-answers.test.ts',
  },
];
