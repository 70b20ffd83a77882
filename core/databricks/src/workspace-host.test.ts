import { describe, expect, it } from 'vitest';
import { workspaceHost } from './workspace-host.ts';

describe('workspaceHost', () => {
  it.each(['https://adb-1.example.org', 'http://127.0.0.1:8080', 'http://localhost:1', 'http://[::1]:9'])(
    'accepts %s',
    (host) => {
      expect(workspaceHost(host).origin).toBe(host);
    },
  );

  it.each([
    'http://adb-1.example.org',
    'http://127.0.0.1.example.org',
    'ftp://127.0.0.1',
    'https://user:pass@adb-1.example.org',
    'adb-1.example.org',
  ])('refuses %s', (host) => {
    expect(() => workspaceHost(host)).toThrow(/workspace address/);
  });
});
