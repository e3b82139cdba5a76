import t from 'tap';
import { fitOf, toolRank } from '../../src/model/snapshot-formats.ts';

const minors = ['3.5', '3.6', '3.7'] as const;

t.test('R17: etcd serves snapshots of each earlier format, and only 3.7 those of 3.7', async (t) => {
  const table = minors.map((format) => minors.map((minor) => fitOf(format, `${minor}.14`)));
  t.strictSame(table, [
    ['serves', 'serves', 'serves'],
    ['serves', 'serves', 'serves'],
    ['refuses', 'refuses', 'serves'],
  ]);
});

t.test('nothing is said of versions that were not tried', async (t) => {
  t.strictSame(
    [fitOf('3.8', '3.7.1'), fitOf('3.7', '3.8.0'), fitOf('3.5', '3.4.23')],
    ['untried', 'untried', 'untried'],
  );
});

t.test(
  'an etcdutl of the minor version of the etcd is better than another, and that than an untried one',
  async (t) => {
    t.strictSame(
      ['3.6.14', '3.5.33', '3.8.0', null].map((tool) => toolRank(tool, '3.6.11')),
      [2, 1, 0, 0],
    );
    t.equal(toolRank('3.6.14', null), 1, 'the etcd is not known');
  },
);
