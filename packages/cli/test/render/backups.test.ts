import type { BackupsView } from '@picket/shared/protocol/backups.ts';
import t from 'tap';
import { backupLine, renderBackups } from '../../src/render/backups.ts';

const times = { now: Date.parse('2026-11-27T06:15:00Z'), inUtc: false };
const message = 'No backup could be stored in /mnt/usb/picket: the folder does not exist.';
const view: BackupsView = {
  lastAt: '2026-11-27T03:15:00.000Z',
  schedule: { everyHours: 24, keep: 30, encrypted: true },
  targets: [
    {
      target: '/mnt/usb/picket',
      lastAt: null,
      count: null,
      failure: { count: 3, reason: { code: 'picket_error', facts: {}, message } },
    },
    { target: 'https://s3.home:3900/backups', lastAt: '2026-11-27T03:15:00.000Z', count: 12, failure: null },
    {
      ...{ target: 'the boards', lastAt: '2026-11-27T03:15:00.000Z', count: 1, failure: null },
      boards: { wanted: 2, held: ['x-k3s-m-1'] },
    },
  ],
};

t.test('where the backups are, how old they are, and what fails', async (t) => {
  t.equal(
    renderBackups(view, times),
    [
      'TARGET                         NEWEST       BACKUPS   STATE',
      '/mnt/usb/picket                none known   -         failed, tries: 3',
      'https://s3.home:3900/backups   3h ago       12        works',
      'the boards                     3h ago       1         1 of 2 have it: x-k3s-m-1',
      '',
      'The last backup was made 3h ago. One is made every 24 h, encrypted; the newest 30 stay.',
      message,
    ].join('\n'),
  );
});

t.test('the times of backups in UTC', async (t) => {
  const wide = renderBackups(view, { ...times, inUtc: true });
  t.match(wide, /^the boards {3,}2026-11-27 03:15:00Z {3}/m);
  t.match(wide, 'The last backup was made 2026-11-27 03:15:00Z. One is made');
});

t.test('the line of the status', async (t) => {
  t.equal(
    backupLine(view, times),
    'Backup of the coordinator: 3h ago; the last attempt failed in /mnt/usb/picket: picket backups',
  );
  t.equal(backupLine({ ...view, targets: [] }, times), 'Backup of the coordinator: 3h ago');
  t.equal(backupLine({ lastAt: null, schedule: null, targets: [] }, times), 'Backup of the coordinator: none is known');
});
