export interface ScriptFacts {
  /** `https://HOST:PORT` of the coordinator. */
  readonly url: string;
  /** SHA-256 of the control CA's SubjectPublicKeyInfo, as in a join string. */
  readonly pin: string;
  readonly agentSha256: string;
  readonly version: string;
  /** The Node.js for Debian machines whose own is too old: `VERSION:BYTES:SHA256` of its archive, or `none`. */
  readonly nodeAmd64: string;
  readonly nodeArm64: string;
}

const factMarks: Readonly<Record<string, keyof ScriptFacts>> = {
  URL: 'url',
  PIN: 'pin',
  AGENT_SHA256: 'agentSha256',
  VERSION: 'version',
  NODE_AMD64: 'nodeAmd64',
  NODE_ARM64: 'nodeArm64',
};

/** What may be between single quotes in the script. */
const quotable = /^[A-Za-z0-9:/.[\]_+-]+$/;
/** Ends each file in the script; a file that has such a line cannot be included. */
const endMark = 'PICKET_FILE';

/**
 * The install script with its facts and files in place: `@@NAME@@` within a line is a fact, and a line `@@FILE NAME@@`
 * a whole file. Pure: the same coordinator always hands out the same bytes, whose hash is in the operator's line.
 * `files` are those that the script contains, by their names in its template. Throws for facts and files that would change the meaning of the template: these are faults of the installation.
 */
export function renderScript(template: string, facts: ScriptFacts, files: Readonly<Record<string, string>>): string {
  const lines = template.split('\n').map((line) => {
    const [, name] = /^@@FILE (\S+)@@$/.exec(line) ?? [];
    return name === undefined ? line.replace(/@@([A-Z0-9_]+)@@/g, (_mark, mark: string) => fact(mark)) : carried(name);
  });
  return lines.join('\n');

  function fact(mark: string): string {
    const name = factMarks[mark];
    if (name === undefined) throw new Error(`the install script asks for ${mark}, which is not a known fact`);
    const value = facts[name];
    if (!quotable.test(value)) throw new Error(`${name} cannot stand in the install script: ${JSON.stringify(value)}`);
    return value;
  }

  function carried(name: string): string {
    const content = files[name];
    if (content === undefined) throw new Error(`the install script asks for the file ${name}, which is missing`);
    const text = content.replace(/\n$/, '');
    if (text.split('\n').includes(endMark))
      throw new Error(`${name} has the line ${endMark}, which would end it early`);
    return text;
  }
}
