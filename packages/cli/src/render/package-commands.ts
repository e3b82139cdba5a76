/** What to type where the programs come as packages of the system; with `dist/` in the folder where it is typed. */
export interface PackageCommands {
  readonly alpine: readonly string[];
  readonly debian: readonly string[];
  /** On both, when the agent is installed. */
  readonly join: readonly string[];
}

/** For packages of this version, and boards that reach the coordinator at this URL. */
export function packageCommands(version: string, coordinatorUrl: string): PackageCommands {
  return {
    alpine: [
      'cp alpine/picket-*.rsa.pub /etc/apk/keys/',
      'echo "$PWD/alpine" >> /etc/apk/repositories',
      'apk add -U picket-agent',
    ],
    debian: [`apt install ./picket-agent_${version}_all.deb`],
    join: [`picket-agent join --coordinator ${coordinatorUrl}`],
  };
}

export function packageText({ alpine, debian, join }: PackageCommands): string {
  return [
    'As root, in a copy of the folder dist/ that `npm run build` made:',
    '',
    '# Alpine: trust the key of the build, add its repository, and install the agent',
    ...alpine,
    '',
    '# Debian; on a machine whose Node.js is older than 22.19, install picket-node_*.deb with it',
    ...debian,
    '',
    '# On both: join. It asks for the join string, which `picket token create CLUSTER --quiet` prints.',
    ...join,
  ].join('\n');
}
