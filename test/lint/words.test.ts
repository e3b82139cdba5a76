import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '../..');
const makesWords = /from '[^']*(?:reasons|events|protocol|\.)\/(?:in-words|messages)\.ts'/;

/** Where facts become words: what a person or another program reads is written there. */
const edges = [
  'packages/shared/src/errors.ts',
  'packages/shared/src/protocol/messages.ts',
  'packages/shared/src/events/in-words.ts',
  'packages/coordinator/src/api/',
  'packages/agent/src/commands/',
  'packages/coordinator/src/notifications/words.ts',
  // They write a log.
  'packages/coordinator/src/rehearsals/rehearser.ts',
  'packages/coordinator/src/snapshots/snapshot-keeper.ts',
  'packages/agent/src/coordinator/poll.ts',
  'packages/agent/src/loop/overlay-keeper.ts',
  'packages/agent/src/loop/reconcile-once.ts',
  'packages/agent/src/reconcile/apply/apply.ts',
  'packages/agent/src/reconcile/apply/change-membership.ts',
  'packages/agent/src/maintenance/maintenance-errand.ts',
  // An error says why the tool was not fetched, and the log why the stored desired state is not used.
  'packages/agent/src/coordinator/desired-state-file.ts',
  'packages/agent/src/snapshots/fetch-tool.ts',
];

t.test('words are made of reasons at the edge alone', async (t) => {
  const files = globSync('packages/*/src/**/*.ts', { cwd: root });
  const speaking = files.filter((file) => makesWords.test(readFileSync(join(root, file), 'utf8')));
  t.ok(speaking.length > 0);
  t.same(
    speaking.filter((file) => !edges.some((edge) => file.startsWith(edge))),
    [],
  );
  t.same(
    edges.filter((edge) => !speaking.some((file) => file.startsWith(edge))),
    [],
    'an edge that makes no words any more leaves this list',
  );
});
