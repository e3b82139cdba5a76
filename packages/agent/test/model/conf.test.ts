import t from 'tap';
import { confReader } from '../../src/model/conf.ts';
import { confOf } from '../reconcile/samples.ts';

const conf = (heartbeatIntervalMs: number) => confOf({ incarnation: 'one', change: { heartbeatIntervalMs } });

t.test(
  'the wanted conf.yml and the last good one are parsed once each, however often an observation asks',
  async (t) => {
    const reader = confReader();
    const [wanted, good] = [reader(conf(700)), reader(conf(500))];
    t.match([wanted, good], [{ config: { heartbeatIntervalMs: 700 } }, { config: { heartbeatIntervalMs: 500 } }]);
    t.equal(reader(conf(700)), wanted);
    t.equal(reader(conf(500)), good);
  },
);

t.test('another one is parsed, and earlier ones are dropped', async (t) => {
  const reader = confReader();
  const first = reader(conf(500));
  for (const heartbeat of [600, 700]) t.match(reader(conf(heartbeat)), { config: { heartbeatIntervalMs: heartbeat } });
  t.not(reader(conf(500)), first);
});
