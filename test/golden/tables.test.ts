import { eventInWords } from '@picket/shared/events/in-words.ts';
import t from 'tap';
import { stepEvent } from '../../packages/coordinator/src/model/step-event.ts';
import { sameAsRecorded } from './recorded.ts';
import { scenes } from './scenes.ts';
import { sampleSteps } from './steps.ts';

t.test('the event log tells each step as it did', (t) => {
  const sentences = Object.entries(sampleSteps).flatMap(([kind, steps]) =>
    steps.map((step) => `${kind}: ${eventInWords(stepEvent(step))}`),
  );
  sameAsRecorded(t, 'tables/steps.txt', sentences.join('\n'));
  t.end();
});

t.test('the controller decides each scene as it did, and waits for the same', (t) => {
  const parts = Object.entries(scenes).map(([title, play]) => {
    const lines: string[] = [];
    play((moment, scene) => {
      const steps = scene.settle().map((step) => `  step: ${JSON.stringify(stepEvent(step))}`);
      const waits = scene.decide().waits.map((wait) => `  waits for: ${JSON.stringify(wait)}`);
      lines.push(`${moment}:`, ...(steps.length + waits.length === 0 ? ['  nothing'] : [...steps, ...waits]));
    });
    return `== ${title}\n${lines.join('\n')}\n`;
  });
  sameAsRecorded(t, 'tables/scenes.txt', parts.join('\n'));
  t.end();
});
