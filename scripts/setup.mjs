import './node-version.mjs';
import { ensureDependencies } from './dependencies.mjs';

ensureDependencies().then(
  () => console.log('The dependencies are installed.'),
  (error) => {
    console.error(error.exitCode ? error.message : error);
    process.exitCode = error.exitCode || 1;
  },
);
