import { describe, expect, test } from '@jest/globals';
import { readCommandLine } from '../../../src/deploy/command-line.ts';

const typed = (line: string) => readCommandLine(['/usr/bin/node', '/x/serverless.js', ...line.split(' ')]);

describe('command line', () => {
  test.each([
    ['offline', true, false],
    ['offline start --httpPort 4000', true, false],
    ['--stage dev offline', true, false],
    ['package', false, true],
    ['package --stage offline', false, true],
    ['deploy --stage offline', false, true],
    ['deploy function -f offline', false, true],
    ['print --format json', false, false],
    ['info', false, false],
    ['remove --stage dev', false, false],
  ])('%s: offline %s, writes a template %s', (line, offline, writesTemplate) => {
    expect(typed(line)).toMatchObject({ offline, writesTemplate });
  });

  test('what lies above node_modules does not count as a command', () => {
    expect(readCommandLine(['/offline/node', 'offline', 'package'])).toMatchObject({ offline: false });
  });

  test('an option is read in each of its forms', () => {
    expect(typed('offline --websocketPort 4001').option('websocketPort')).toBe('4001');
    expect(typed('offline --websocketPort=4002').option('websocketPort')).toBe('4002');
    expect(typed('deploy function -f stream').option('function', 'f')).toBe('stream');
    expect(typed('offline --host --verbose').option('host')).toBeUndefined();
    expect(typed('offline').option('host', 'o')).toBeUndefined();
  });
});
