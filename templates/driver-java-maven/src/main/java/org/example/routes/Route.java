package org.example.routes;

import java.util.List;
import java.util.stream.Collectors;

/**
 * One row of the result.
 *
 * @param name     name of the airport at {@code dest}; its code where the name is unknown
 * @param flights  flights that were planned
 * @param distance miles
 */
public record Route(String origin, String dest, String name, long flights, long distance) {
  static String csv(List<Route> routes) {
    String rows = routes.stream().map(Route::csvRow).collect(Collectors.joining());
    return "origin,dest,name,flights,distance\n" + rows;
  }

  private String csvRow() {
    return origin + "," + dest + "," + quoted(name) + "," + flights + "," + distance + "\n";
  }

  private static String quoted(String text) {
    return text.matches("[^\",\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
  }
}
