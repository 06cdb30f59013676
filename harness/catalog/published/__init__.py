"""What others published, one file for each place: figures that a study's own are held against."""
