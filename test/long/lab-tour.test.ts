import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { blocksOf, unlike } from '../docs/shown-output.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { startLab } from '../lab/player/running-lab.ts';

const page = await readFile(join(import.meta.dirname, '../../docs/how-to/play-in-the-lab.md'), 'utf8');

t.test('the tour, from a script: a cluster forms, survives a power cut, takes a new disk', labNeeded, async (t) => {
  const lab = await startLab(t);
  lab.type('tour\nboards\ntour\nquit\n');
  t.equal(await lab.ended, 0, lab.output());
  const said = lab.output();
  t.comment(said);
  t.notMatch(said, '✗');
  const [whole = '', rest = ''] = said.split(
    'The cluster x-k3s exists already, so the tour begins after its formation.',
  );
  t.match(whole, '== Part 1 of 3: Form a cluster');
  t.match(rest, '== Part 1 of 2: Survive a power cut');
  t.match(rest, /^Cluster x-k3s: healthy, .*\nAll 3 voters serve[\s\S]*\n\nYou have seen/m);
  const shown = blocksOf(page);
  t.equal(shown.length, 1);
  for (const block of shown) t.equal(unlike(block, said), undefined, 'the page shows what the lab says');
  await lab.leavesNothing();
});
