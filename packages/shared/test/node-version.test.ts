import t from 'tap';
import { nodeVersionProblem } from '../src/node-version.ts';

t.test('a Node.js that is too old is named, with what is needed', async (t) => {
  t.equal(
    nodeVersionProblem('20.20.2'),
    'this is Node.js 20.20.2, and 22.19 or newer is needed; install it (apk add nodejs)',
  );
  t.ok(nodeVersionProblem('22.18.0'));
});

t.test('22.19 and whatever comes after will do', async (t) => {
  for (const version of ['22.19.0', '22.23.1', '24.0.0', '26.10.0'])
    t.equal(nodeVersionProblem(version), null, version);
});
