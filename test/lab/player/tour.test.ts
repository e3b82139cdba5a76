import t from 'tap';
import { parseLine } from '../../../lab/commands.ts';
import { formingCommands, furtherCommands, type TourPart, tour, tourOfFormed } from '../../../lab/tour.ts';

const stepsOf = (parts: readonly TourPart[]) => parts.flatMap(({ steps }) => steps);
const commandsOf = (parts: readonly TourPart[]) => stepsOf(parts).flatMap(({ command }) => command ?? []);

t.test('the tour and what it advises use commands that the lab has', (t) => {
  for (const line of [...commandsOf(tour), ...formingCommands, ...furtherCommands.flatMap(([lines]) => lines)])
    t.doesNotThrow(() => parseLine(line), line);
  t.end();
});

t.test('the tour undoes what it does to a board, and ends with a wait for a healthy cluster', (t) => {
  const off = new Set<string>();
  for (const line of commandsOf(tour)) {
    const command = parseLine(line);
    if (command.kind !== 'board') continue;
    if (command.act === 'boot') off.delete(command.board);
    else off.add(command.board);
  }
  t.same([...off], []);
  t.equal(stepsOf(tour).findLast(({ wait }) => wait !== undefined)?.wait, 'healthy');
  t.end();
});

t.test('the tour of a formed cluster is the rest of the whole tour', (t) => {
  t.same(tour.slice(1), tourOfFormed);
  t.notOk(commandsOf(tourOfFormed).some((line) => line.includes('cluster create')));
  t.end();
});
