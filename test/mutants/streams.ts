import type { Mutant } from './mutant.ts';

const route = 'packages/coordinator/src/api/event-stream.ts';
const places = 'packages/coordinator/src/connections/stream-places.ts';
const caughtBy = 'packages/coordinator/test/api/event-stream.test.ts';

export const streams: readonly Mutant[] = [
  {
    id: 'streams-to-anyone',
    rule: 'R8',
    does: 'sends events to a reader whose certificate has ended',
    file: route,
    find: 'if (signal.aborted || !isAdmitted()) return;',
    replace: 'if (signal.aborted) return;',
    caughtBy,
  },
  {
    id: 'forgets-stalled-streams',
    rule: 'R8',
    does: 'keeps the stream of a reader that has stopped reading and whose certificate has ended',
    file: route,
    find: 'if (!isAdmitted()) ended.abort();',
    replace: '',
    caughtBy,
  },
  {
    id: 'keeps-stalled-streams',
    rule: 'R8',
    does: 'waits for a reader that has stopped reading before it ends the stream',
    file: route,
    find: 'if (reply.raw.writableNeedDrain) reply.raw.destroy();',
    replace: '',
    caughtBy,
  },
  {
    id: 'queues-for-slow-readers',
    rule: 'R18',
    does: 'reads all events from the store for a reader that does not read',
    file: route,
    find: 'highWaterMark: aheadBytes',
    replace: 'highWaterMark: 1_000_000_000',
    caughtBy,
  },
  {
    id: 'streams-of-one-operator',
    rule: 'R18',
    does: 'lets one operator have any number of streams',
    file: places,
    find: 'if (own >= eventStreamsPerOperator)',
    replace: 'if (own >= Number.MAX_VALUE)',
    caughtBy,
  },
  {
    id: 'streams-without-number',
    rule: 'R18',
    does: 'lets operators together have any number of streams',
    file: places,
    find: 'if (all >= eventStreams)',
    replace: 'if (all >= Number.MAX_VALUE)',
    caughtBy,
  },
  {
    id: 'silent-gaps',
    rule: 'event stream',
    does: 'does not say that events are missing',
    file: route,
    find: 'if (await events.isMissingAfter(last, cluster, newest)) yield gap(last);',
    replace: '',
    caughtBy,
  },
  {
    id: 'gives-event-ids-twice',
    rule: 'event stream',
    does: 'gives events after a restore the IDs of events that are lost',
    file: 'packages/coordinator/src/backup/mark-restored.ts',
    find: 'await events.skipIds(eventsLost);',
    replace: '',
    caughtBy,
  },
  {
    id: 'shows-events-twice',
    rule: 'event stream',
    does: 'shows an event again that it has shown (picket)',
    file: 'packages/cli/src/commands/follow-events.ts',
    find: 'if (event.id <= last) return;',
    replace: '',
    caughtBy: 'packages/cli/test/follow-events.test.ts',
  },
];
