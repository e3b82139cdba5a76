/** The names of the commands that a help text lists. */
export function commandsIn(help: string): string[] {
  const [, list = ''] = help.split(/^Commands:\n/m);
  return [...list.matchAll(/^ {2}([a-z][a-z0-9-]*)/gm)].map(([, name = '']) => name);
}
