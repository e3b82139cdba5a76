import { allCodes, type Explanation, explain } from './explain.ts';

/** What `explain CODE` answers, for a program and for a person; without a code, all codes. */
export function explained(code: string | undefined): { readonly answer: object; readonly text: string } {
  if (code === undefined) return { answer: { codes: allCodes() }, text: `${allCodes().join('\n')}\n` };
  const explanations = explain(code);
  return { answer: { code, explanations }, text: explanations.map(blockOf).join('\n') };
}

function blockOf({ code, kind, number, words, hint, facts, pages }: Explanation): string {
  const status = kind === 'error' ? ` (HTTP status ${number})` : kind === 'exit code' ? ` ${number}` : '';
  const texts = words.length === 1 ? words : words.map((one) => `- ${one}`);
  return [
    `${code}: ${kind}${status}`,
    ...texts.map((text) => `  ${text}`),
    ...(hint === null ? [] : [`  What to do: ${hint}`]),
    ...(facts.length === 0 ? [] : [`  Facts: ${facts.map((fact) => `{${fact}}`).join(', ')}`]),
    ...pages.map((page) => `  See ${page}`),
    '',
  ].join('\n');
}
