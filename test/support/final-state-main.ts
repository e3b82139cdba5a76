// node final-state-main.ts --endpoints URL,URL… --ca FILE --cert FILE [--key KEY] [--within-ms N]
// Prints, as one line of JSON, the linearizable read of the key with which a history is judged.
import { parseArgs } from 'node:util';
import { readFinalState, writerDefaults } from './writer.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { endpoints: text, ca: text, cert: text, key: text, 'within-ms': text } });
const { endpoints, ca, cert, key = writerDefaults.key } = values;
const [first, ...others] = endpoints?.split(',') ?? [];
if (first === undefined || ca === undefined || cert === undefined) {
  throw new Error('--endpoints, --ca and --cert are needed');
}
const { deadlineMs } = writerDefaults;
const access = { endpoints: [first, ...others], ca, cert, key, deadlineMs } as const;
console.log(JSON.stringify(await readFinalState(access, Number(values['within-ms'] ?? 30_000))));
