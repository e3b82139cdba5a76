import t from 'tap';
import { labNeeded } from '../lab/lab-needed.ts';
import { startLab } from '../lab/player/running-lab.ts';

t.test(
  'the tour of the lab, from a script: a cluster forms, survives a power cut, takes a new disk',
  labNeeded,
  async (t) => {
    const lab = await startLab(t);
    lab.type('tour\nboards\ntour\nquit\n');
    t.equal(await lab.ended, 0, lab.output());
    const said = lab.output();
    t.comment(said);
    t.notMatch(said, '✗');
    await lab.leavesNothing();
  },
);
