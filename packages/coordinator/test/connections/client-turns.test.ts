import t from 'tap';
import { clientTurns } from '../../src/connections/client-turns.ts';

t.test('R18: a client has so many turns at once, and the others of it wait in their order', async (t) => {
  const turns = clientTurns({ requestsAtOncePerClient: 2 });
  const begun: string[] = [];
  const ask = async (what: string, client = 'a') => {
    const end = await turns.take(client);
    begun.push(what);
    return end;
  };
  const asked = ['1', '2', '3', '4'].map((what) => ask(what));
  await ask('of another client', 'b');
  t.same(begun, ['1', '2', 'of another client']);
  const end = await asked[0];
  end?.();
  end?.();
  await asked[2];
  t.same(begun.slice(3), ['3'], 'the end of one turn begins one');
  (await asked[1])?.();
  await asked[3];
  t.same(begun.slice(3), ['3', '4']);
  for (const one of [asked[2], asked[3]]) (await one)?.();
  await Promise.all([ask('5'), ask('6')]);
  t.same(begun.slice(5), ['5', '6']);
});
