import { mock } from 'node:test';
import t from 'tap';
import { inTime, until } from './until.ts';

t.test('a wait that never comes true ends, and says what was last seen', async (t) => {
  mock.timers.enable({ apis: ['Date'] });
  t.teardown(() => mock.timers.reset());
  let looks = 0;
  const look = () => {
    looks += 1;
    mock.timers.tick(60_000);
    return false;
  };
  const lastSeen = () => `${looks} looks`;
  await t.rejects(until('it serves', look, { every: 0, lastSeen }), {
    message: 'not within 240 s: it serves\n4 looks',
  });
});

t.test('a promise in time gives its value or its error', async (t) => {
  t.equal(await inTime('a value', Promise.resolve(7)), 7);
  await t.rejects(inTime('a value', Promise.reject(new Error('none'))), { message: 'none' });
});
