// Loaded before anything else, so it keeps to syntax that much older releases of Node.js parse.
const oldest = 20;

if (Number(process.versions.node.split('.')[0]) < oldest) {
  console.error(
    `Picket needs Node.js ${oldest} or newer to start; this is ${process.version}.\n` +
      'Install a current release (https://nodejs.org, your package manager, nvm or fnm) and try again.',
  );
  process.exit(1);
}
