import type { LogAnswer, LogOrder } from '@picket/shared/protocol/logs.ts';
import t from 'tap';
import { logErrand } from '../../src/logs/log-errand.ts';
import { silentLog } from '../../src/program/log.ts';

const order: LogOrder = { id: 'order000', log: 'etcd', lines: 5, sinceSeconds: null, cursor: null };
const answer: LogAnswer = { lines: ['one'], cursor: null, cut: false };

t.test('an order is answered, and a coordinator that is away does no harm', async (t) => {
  const sent: unknown[] = [];
  const told = new Promise<string>((heard) => {
    const log = { ...silentLog, info: (_facts: object, message: string) => heard(message) };
    const away = async (...of: unknown[]) => {
      sent.push(of);
      throw new Error('nobody there');
    };
    logErrand({ sendLog: away }, async () => answer, log)(order);
  });
  t.equal(await told, 'the lines of a log could not be sent');
  t.same(sent, [['order000', answer]]);
});

t.test('R18: an agent reads two logs at a time, and no more', async (t) => {
  let finish = () => {};
  const finished = new Promise<void>((done) => {
    finish = done;
  });
  const read: string[] = [];
  const sent: string[] = [];
  const begin = logErrand(
    {
      async sendLog(id) {
        sent.push(id);
        return {};
      },
    },
    async ({ id }) => {
      read.push(id);
      await finished;
      return answer;
    },
    silentLog,
  );
  for (const id of ['order001', 'order002', 'order003']) begin({ ...order, id });
  t.same(read, ['order001', 'order002']);
  finish();
  await finished;
  await new Promise(setImmediate);
  begin({ ...order, id: 'order004' });
  t.same(read, ['order001', 'order002', 'order004'], 'there is room again');
});
