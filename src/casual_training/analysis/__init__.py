"""From run folders to the page. This half never trains and never imports torch; the two meet in the run folders."""
