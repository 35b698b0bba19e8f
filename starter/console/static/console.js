/* On a phone the pages' names do not fit into a line: the one that is open is brought into sight. */
document.querySelector(".top nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
