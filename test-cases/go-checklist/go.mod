module example.com/checklist

go 1.25
