import { internalStepEvents } from '@picket/shared/events/internal-steps.ts';
import { tableWords } from './table-words.ts';

/** The pages of docs/reference that only a release has, because they repeat tables: by file name. */
export async function longPages(): Promise<Readonly<Record<string, string>>> {
  const { reasons, events } = await tableWords();
  return { 'reasons.md': pageOf(aboutReasons, reasons), 'events.md': pageOf(aboutEvents, events) };
}

const aboutReasons = `# Reasons

A reason says why something waits, was refused, or ended. A notice has the same form. The API answers
\`{"code", "facts", "message"}\`; the commands print the message and the code. Programs use the code and the facts, because
messages can change between versions. A later version has more codes: show the message of a code that your program does not know.

\`{name}\` stands for a fact. Some facts are reasons themselves. Some codes have several messages, such as with and without a
cause; the page does not show each combination. After "Waits for", \`picket status\` prints such a message as the end of a
sentence. The numbers in messages are examples where Picket calculates them from a fact. \`picket explain CODE\` prints one entry.
`;

const internalKinds = Object.keys(internalStepEvents)
  .sort()
  .map((kind) => `\`${kind}\``)
  .join(', ');

const aboutEvents = `# Events

An event says what happened in a cluster. \`picket events NAME\` lists events with time and message; \`GET /v1/events\`
answers \`{"kind", "facts", "message"}\` and more. Programs use the kind and the facts, because messages can change between
versions. [See what happened](../how-to/see-what-happened.md) shows how to find events.

\`{name}\` stands for a fact. A fact can be a [reason](reasons.md). Some kinds have several messages. The events of a condition of
one node have the fact \`nodeId\` too. Spans of time, such as 3.0 s, are examples. \`picket explain KIND\` prints one entry.

These are internal steps of the coordinator, which \`picket events\` shows with \`--verbose\`: ${internalKinds}.
`;

function pageOf(about: string, table: Awaited<ReturnType<typeof tableWords>>['reasons']): string {
  const codes = Object.keys(table).sort();
  const entries = codes.map((code) => {
    const { facts = [], words = [] } = table[code] ?? {};
    const texts = words.length === 1 ? words : words.map((one) => `- ${one}`);
    const told = facts.length === 0 ? [] : ['', `Facts: ${facts.map((fact) => `\`${fact}\``).join(', ')}`];
    return [`\n## ${code}`, '', ...texts, ...told, ''].join('\n');
  });
  return `${about}${entries.join('')}`;
}
