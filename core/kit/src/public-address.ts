import ipaddr from 'ipaddr.js';

const handedOut = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether an IP address is on the public internet. What lies inside our network is not: loopback, private, link-local with the clouds'
 * metadata services, carrier NAT, multicast, reserved and documentation ranges, and IPv6 forms that carry such an IPv4 address. Anything that is no address is not public.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry and https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  // Only 2000::/3 is handed out; other unicast space has no business being called.
  return parsed.kind() === 'ipv4' || (parsed as ipaddr.IPv6).match(handedOut);
}
