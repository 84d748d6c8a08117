"""What Office, OpenDocument and spreadsheet files are made of."""
