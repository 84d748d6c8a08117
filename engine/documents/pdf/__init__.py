"""What a PDF page is made of: words, lines, columns and tables with their places."""
