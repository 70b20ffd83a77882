import { afterEach, describe, expect, it, vi } from 'vitest';
import { thisInstallation } from './installation.ts';

afterEach(() => vi.unstubAllEnvs());

describe('the places of an installation', () => {
  it.each([
    [
      'SLOWLANE_HOME',
      '/proc/of/nobody',
      /SLOWLANE_HOME: \/proc\/of\/nobody is in a file system of the kernel \(proc\)/,
    ],
    ['SLOWLANE_HOME', '/sys/of/nobody', /SLOWLANE_HOME: \/sys\/of\/nobody is in a file system of the kernel \(sysfs\)/],
    ['SLOWLANE_CONFIG', '/nowhere/slowlane.yaml', /SLOWLANE_CONFIG: there is no file \/nowhere\/slowlane\.yaml/],
  ])('are refused when %s is %s', (name, value, message) => {
    vi.stubEnv(name, value);
    expect(() => thisInstallation()).toThrow(
      expect.objectContaining({ code: 'config.invalid', message: expect.stringMatching(message) }),
    );
  });

  it('may name a configuration file that a restore is about to write', () => {
    vi.stubEnv('SLOWLANE_HOME', '/nowhere/of/nobody');
    vi.stubEnv('SLOWLANE_CONFIG', '/nowhere/slowlane.yaml');
    expect(thisInstallation({ mayBeNew: true }).environment.configFile).toBe('/nowhere/slowlane.yaml');
  });

  it('may be without a configuration file', () => {
    vi.stubEnv('SLOWLANE_HOME', '/nowhere/of/nobody');
    vi.stubEnv('SLOWLANE_CONFIG', '');
    expect(thisInstallation().environment).toMatchObject({ home: '/nowhere/of/nobody', isConfigNamed: false });
  });
});
