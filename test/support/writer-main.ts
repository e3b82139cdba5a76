// node writer-main.ts --endpoints URL,URL… --ca FILE --cert FILE --out FILE [--key KEY] [--deadline-ms N] [--every-ms N]
// Writes and reads until SIGTERM; the history in --out goes on where an earlier writer of it has ended.
import { parseArgs } from 'node:util';
import { runWriter, writerDefaults } from './writer.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: { endpoints: text, ca: text, cert: text, out: text, key: text, 'deadline-ms': text, 'every-ms': text },
});
const { endpoints, ca, cert, out, key = writerDefaults.key } = values;
const [first, ...others] = endpoints?.split(',') ?? [];
if (first === undefined || ca === undefined || cert === undefined || out === undefined) {
  throw new Error('--endpoints, --ca, --cert and --out are needed');
}

const ending = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort());
const deadlineMs = Number(values['deadline-ms'] ?? writerDefaults.deadlineMs);
const everyMs = Number(values['every-ms'] ?? writerDefaults.everyMs);
await runWriter({ endpoints: [first, ...others], ca, cert, out, key, deadlineMs, everyMs }, ending.signal);
