"""From a list of places on the web to files on this disk: fetched, screened, and every failure explained."""
